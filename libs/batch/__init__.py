"""Concurrent single calls carried out as batches."""

from libs.batch.micro_batcher import MicroBatcher

__all__ = ["MicroBatcher"]
