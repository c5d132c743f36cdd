"""What translation costs: every pair of dialects through one gateway, beside the same dialect in and out."""
