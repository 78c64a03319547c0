"""Benchmarks: each figure beside its yardstick, in one run on one machine. Not part of the tests."""
