"""The Python package: types for cffi, enums."""
