"""House tests: what CONTRIBUTING promises about the tree itself. `tree.py` reads the tree; one file here per promise."""
