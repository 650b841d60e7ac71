"""What people send, checked and bounded before anything acts on it."""
