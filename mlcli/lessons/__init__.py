"""How a record is told: captions and order, no arithmetic."""
