"""An order's story: everything that happened to it, in all systems."""
