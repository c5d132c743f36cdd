"""What recording costs, how fast journals are folded, and how fast sums are answered."""
