"""From videos to what training reads: decoded, cropped, resized frames on disk, and the paint measured on them."""
