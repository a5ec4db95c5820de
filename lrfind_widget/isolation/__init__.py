"""What a sweep may disturb, and how all of it comes back."""
