"""Compiles the contracts under `proto/` without a network: `python -m libs.codegen --help`."""

from libs.codegen.compiler import Workspace, compile_image, generate_python
from libs.codegen.history import contracts_at, first_known_ref

__all__ = ["Workspace", "compile_image", "contracts_at", "first_known_ref", "generate_python"]
