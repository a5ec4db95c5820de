"""What a sweep found, and how it is kept. Neither torch nor widgets."""
