"""The C and C++ header."""
