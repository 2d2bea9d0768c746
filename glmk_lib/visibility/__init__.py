"""Which landmarks are visible, and how far off each may be: learned without labels, after training (beyond the paper)."""
