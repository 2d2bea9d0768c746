"""Will these two videos do? What can be measured of a capture before anything is trained on it, and what to mend.

from glmk_lib.check.capture import check_videos
report, takes = check_videos("painted.mp4", "bare.mp4", template, preset)
print(report.table())
"""
