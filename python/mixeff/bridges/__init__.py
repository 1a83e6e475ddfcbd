"""Other libraries, imported only when they are asked for."""
