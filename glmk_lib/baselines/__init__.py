"""What the method is held against: the static template, full supervision, and other people's trackers."""
