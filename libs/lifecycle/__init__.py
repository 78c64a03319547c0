"""A service's life: parts started in order, a signal awaited, parts stopped in reverse."""

from libs.lifecycle.parts import Closing, Every, Part, serve
from libs.lifecycle.process import main

__all__ = ["Closing", "Every", "Part", "main", "serve"]
