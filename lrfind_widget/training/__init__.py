"""The half that trains: the range test on the user's own PyTorch loop."""
