"""Tests that compilers and cffi see the layouts that were computed."""
