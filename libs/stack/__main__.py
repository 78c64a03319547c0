"""Ends the mesh in the folder named on the command line and forgets its data."""

import sys
from pathlib import Path

from libs.stack.mesh import Mesh

if __name__ == "__main__":
    Mesh.create(Path(sys.argv[1])).reset()
