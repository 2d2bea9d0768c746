"""Run MediaPipe over raw frames: the script that the peers' own Python runs (see mediapipe_peer.py).

    python _mediapipe_worker.py face|hands WIDTH HEIGHT OUT.npz

Standard input holds the frames, each one byte (1: a new clip starts here, forget the last track; 0: it goes on) and then
HEIGHT x WIDTH x 3 bytes of RGB. Frames come from the library's own decoder, so both sides number them alike.
Imports nothing but MediaPipe and NumPy: it lives in an environment without glmk_lib.
"""

import os
import sys

os.environ.setdefault("GLOG_minloglevel", "2")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import mediapipe as mp
import numpy as np

SOLUTIONS = {
    # The attention mesh follows lips better than the plain one; tracking mode, since the input is video.
    "face": (468, lambda: mp.solutions.face_mesh.FaceMesh(max_num_faces=1, refine_landmarks=True), "multi_face_landmarks"),
    "hands": (21, lambda: mp.solutions.hands.Hands(max_num_hands=1), "multi_hand_landmarks"),
}


def main(kind: str, width: int, height: int, out: str) -> None:
    count, build, field = SOLUTIONS[kind]
    size = width * height * 3
    rows = []
    with build() as solution:
        while len(block := sys.stdin.buffer.read(1 + size)) == 1 + size:
            if block[0]:
                solution.reset()
            frame = np.frombuffer(block, np.uint8, offset=1).reshape(height, width, 3)
            found = getattr(solution.process(frame), field)
            row = np.full((count, 3), np.nan, np.float32)
            if found:
                # MediaPipe scales x and z by the width, y by the height, from the frame's top left edge.
                marks = found[0].landmark[:count]
                row = np.array([(m.x * width, m.y * height, m.z * width) for m in marks], np.float32)
            rows.append(row)
    np.savez(out, track=np.array(rows, np.float32).reshape(-1, count, 3), version=mp.__version__)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
