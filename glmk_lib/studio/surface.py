"""Geometry: the head's surface under a perspective camera, where a pixel's ray meets it, and the exact truth of its points.

A head-frame position is p = axes * q. On the surface |q| = 1 + height, where the height is read at the rest place of the skin
that lies in direction q, plus the chin's drop when the jaw opens.
"""

import cv2
import numpy as np

from glmk_lib.studio.head import Identity
from glmk_lib.studio.warp import forward, inverse

DISTANCE = 5.5  # from the camera to the resting head, head units
PIXELS_PER_UNIT = 0.335  # of the frame's width, at that distance
FOCAL = PIXELS_PER_UNIT * DISTANCE
PIVOT = np.array([0.0, 0.55, 0.25])  # the neck's joint, about which the head turns
REST_Y = 0.02
HIGHEST = 0.24  # no height exceeds this
ATLAS = (512, 1024)  # rows over v in [-pi/2, pi/2], columns over u in [-pi, pi]


def look_up(atlas, u, v):
    """Bilinear reading of an atlas (512, 1024[, C]) at places (u, v) of any equal shape (n,)."""
    x = ((u + np.pi) * (ATLAS[1] / (2 * np.pi)) - 0.5).astype(np.float32)
    y = ((v + np.pi / 2) * (ATLAS[0] / np.pi) - 0.5).astype(np.float32)
    rows = -(-x.size // 16384)  # remap takes at most 32767 columns: fold long lists into rows
    if rows > 1:
        x, y = (np.pad(a.ravel(), (0, rows * 16384 - a.size)) for a in (x, y))
    out = cv2.remap(atlas, x.reshape(rows, -1), y.reshape(rows, -1), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    out = out.reshape(x.size, -1)[: u.size]
    return out[:, 0].reshape(u.shape) if atlas.ndim == 2 else out.reshape(*u.shape, -1)


def dot(a, b):
    """Row-wise products (n,) of (n, 3) arrays; much faster than a sum over the short axis."""
    return a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2]


def unit(a):
    """Rows (n, 3) of length one."""
    return a / np.sqrt(dot(a, a))[:, None]


def rotate(rows, turn):
    """`turn` (3, 3) applied to rows (n, 3), float32. Written out: a matrix library may round otherwise on other threads."""
    t = turn.astype(np.float32)
    return np.stack([dot(rows, t[None, i]) for i in range(3)], 1)


def rotation(pose):
    """R (..., 3, 3): roll after yaw after pitch, from the head's frame to the camera's."""
    cy, sy = np.cos(pose.yaw), np.sin(pose.yaw)
    cp, sp = np.cos(pose.pitch), np.sin(pose.pitch)
    cr, sr = np.cos(pose.roll), np.sin(pose.roll)
    zero, one = np.zeros_like(cy), np.ones_like(cy)
    pitch = np.stack([one, zero, zero, zero, cp, -sp, zero, sp, cp], -1).reshape(*np.shape(cy), 3, 3)
    yaw = np.stack([cy, zero, -sy, zero, one, zero, sy, zero, cy], -1).reshape(*np.shape(cy), 3, 3)
    roll = np.stack([cr, -sr, zero, sr, cr, zero, zero, zero, one], -1).reshape(*np.shape(cy), 3, 3)
    return roll @ yaw @ pitch


def centre(pose, turn):
    """Where the head's centre is, (..., 3) in the camera's frame: it turns about the neck."""
    joint = np.stack(np.broadcast_arrays(pose.x, REST_Y + pose.y, DISTANCE / pose.scale), -1).astype(np.float64) + PIVOT
    return joint - turn @ PIVOT


def chin_drop(v, u, jaw):
    """Extra height where the open jaw lengthens the face."""
    return 0.3 * jaw * np.maximum(0, np.sin(v)) ** 2 * np.maximum(0, np.cos(u)) ** 0.5


def direction(u, v):
    """Unit vectors (..., 3) of places (u, v)."""
    return np.stack([np.sin(u) * np.cos(v), np.sin(v), -np.cos(u) * np.cos(v)], -1)


def positions(identity: Identity, heights, places, pose):
    """Head-frame positions (..., P, 3) of skin places at rest (P, 2), moved by the expression.

    Args:
        heights: the height atlas of the identity.
        pose: fields shaped (..., 1) or scalars.
    """
    moved = forward(places, pose)
    u, v = moved[..., 0], moved[..., 1]
    height = look_up(heights, *np.broadcast_arrays(places[:, 0], places[:, 1])) + chin_drop(v, u, pose.jaw)
    return np.array(identity.axes) * direction(u, v) * (1 + height)[..., None]


def project(p, turn, middle, size):
    """Pixels (..., P, 2) in a square frame of `size` px of head-frame positions (..., P, 3)."""
    world = np.einsum("...ij,...pj->...pi", turn, p) + middle[..., None, :]
    return size * (0.5 + FOCAL * world[..., :2] / world[..., 2:])


def march(origin, rays, identity: Identity, heights, pose, rounds=(4, 2, 3, 6, 12)):
    """Meet rays (n, 3) from `origin` (3,), both in the head's frame, with the skin.

    Sphere tracing from the enclosing ellipsoid inwards, then secant steps. After each of the `rounds` (numbers of steps) the
    rays that have arrived or passed are set aside.

    Returns:
        arrays over the rays that hit: `hit` (indices), `u`, `v` (place at rest), `inside` (warp.inverse), `u_now`, `v_now`
        (moved place).
    """
    axes = np.array(identity.axes, np.float32)
    o, d = (np.asarray(origin) / axes).astype(np.float32), (rays / axes).astype(np.float32)
    dd, od, oo = dot(d, d), dot(d, o[None]), dot(o[None], o[None])
    closest = -od / dd
    room = (1 + HIGHEST) ** 2 - (oo - od * od / dd)  # of the enclosing sphere
    hit = np.flatnonzero(room > 0)
    d, closest, room, speed = d[hit], closest[hit], room[hit], np.sqrt(dd[hit])
    ray = [hit, d, speed, closest + 0.4 / speed]  # past that the ray leaves again
    t = closest - np.sqrt(room) / speed
    t_before = gap_before = memory = None
    arrived = []
    for steps in rounds:
        hit, d, speed, last = ray
        for _ in range(steps):
            q = o + t[:, None] * d
            r = np.sqrt(dot(q, q))
            u_now = np.arctan2(q[:, 0], -q[:, 2])
            v_now = np.arcsin(np.clip(q[:, 1] / r, -1, 1))
            u, v, _, memory = inverse(u_now, v_now, pose, memory, rounds=1 if memory else 3)
            gap = r - 1 - look_up(heights, u, v) - chin_drop(v_now, u_now, pose.jaw)
            t_here, move = t, 0.9 * gap / speed
            if gap_before is not None:
                slope = (gap_before - gap) / np.where(np.abs(t_before - t) > 1e-7, t_before - t, 1)
                near = (slope < -0.1 * speed) & (np.abs(gap) < 0.08)
                move = np.where(near, np.clip(-gap / np.where(near, slope, 1), -0.1, 0.1), move)
            gap_before, t_before = gap, t
            t = np.minimum(t + move, last)
        there = np.abs(gap) < 0.002
        arrived.append([a[there] for a in (hit, u_now, v_now, *memory[0], *memory[1])])
        on = np.flatnonzero(~there & (t_here < last))
        if not len(on):
            break
        ray = [a[on] for a in ray]
        t, t_before, gap_before = t[on], t_before[on], gap_before[on]
        memory = tuple(tuple(a[on] for a in branch) for branch in memory)
    hit, u_now, v_now, *memory = (np.concatenate(a) for a in zip(*arrived, strict=True))
    u, v, inside, _ = inverse(u_now, v_now, pose, (memory[:2], memory[2:]), rounds=6)
    return {"hit": hit, "u": u, "v": v, "inside": inside, "u_now": u_now, "v_now": v_now}


def normals(u_now, v_now, gradient, axes):
    """Unit outward normals (n, 3) in the head's frame; `gradient` (n, 2) is the height's slope by u and by v."""
    su, cu, sv, cv = np.sin(u_now), np.cos(u_now), np.sin(v_now), np.cos(v_now)
    gu, gv = gradient[:, 0] / np.maximum(cv, 0.2), gradient[:, 1]
    x = su * cv - gu * cu + gv * su * sv
    y = sv - gv * cv
    z = -cu * cv - gu * su - gv * cu * sv
    return unit(np.stack([x, y, z], 1) / np.array(axes, np.float32))


def truth(identity: Identity, heights, places, pose, size):
    """The exact landmarks of frames 0..N-1.

    Args:
        places: skin places at rest (P, 2).
        pose: a Pose of arrays (N,).

    Returns:
        points (N, P, 2) float32 in pixels, pixel i covering [i, i + 1]; visible (N, P) bool: the skin faces the camera there,
        nothing of the head stands between, and the point is in the frame.
    """
    turn = rotation(pose)
    middle = centre(pose, turn)
    column = pose[:, None]
    p = positions(identity, heights, places, column)
    points = project(p, turn, middle, size)
    eye = -np.einsum("nji,nj->ni", turn, middle)  # the camera in the head's frame
    view = eye[:, None] - p
    step = 1e-3
    moved_u = positions(identity, heights, places + np.array([step, 0]), column) - p
    moved_v = positions(identity, heights, places + np.array([0, step]), column) - p
    facing = (np.cross(moved_v, moved_u) * view).sum(-1) > 0
    axes = np.array(identity.axes)
    clear = np.ones(facing.shape, bool)
    for reach in np.linspace(0.03, 0.54, 18):  # does the way to the camera dip below the skin?
        q = (p + view * (reach / np.linalg.norm(view, axis=-1, keepdims=True))) / axes
        r = np.linalg.norm(q, axis=-1)
        un, vn = np.arctan2(q[..., 0], -q[..., 2]), np.arcsin(np.clip(q[..., 1] / r, -1, 1))
        u, v, _, _ = inverse(un, vn, column)
        clear &= r > 1 + look_up(heights, u, v) + chin_drop(vn, un, column.jaw) - 0.003
    framed = ((points >= 0) & (points < size)).all(-1)
    return points.astype(np.float32), facing & clear & framed
