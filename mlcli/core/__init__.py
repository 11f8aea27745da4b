"""What is computed: pure functions on NumPy arrays that return every intermediate."""
