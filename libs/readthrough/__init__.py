"""A bounded cache in front of another service's batch reads."""

from libs.readthrough.read_through import ReadThrough

__all__ = ["ReadThrough"]
