"""The paints of the studio: six hues that nobody's skin has, 30 to 40 degrees apart as they lie around a middle skin's chroma.

Where two paints meet, a pixel that has both lies in hue between them: it may look like a third paint that lies there too.
"""

LIME, GREEN, TEAL, BLUE, VIOLET, MAGENTA = "#7ac020", "#2e8b3a", "#1f9e9e", "#3355dd", "#8a3fc0", "#d63fa0"
