"""The shape of a right foot at rest: proportions of one person, and signed distances of its skin and its trouser leg.

The foot's own frame is in centimetres, (forward, inward, up): forward from the back of the heel to the toes, inward towards the
other foot, up from the floor. `to_body` turns it to the studio's axes, seen from above, before and the inner side. At rest the
toes are spread, so that the skin between them belongs to one toe or the other; a pose brings them together.
"""

import math
from dataclasses import dataclass

import torch

from glmk_lib.studio.shapes import capsule, ellipsoid, intersection, ramp, subtraction, union

SCALE = 0.086  # body units a centimetre
CENTRE = torch.tensor([12.8, 0.5, 4.0])  # the foot's point at the body's origin, cm
AROUND, ABOVE = math.radians(45), math.radians(42)  # the camera's place: from straight ahead towards the inner side, and up
HEM = 15.5  # mean height of the trouser's hem, cm

# Mean foot by toe, from the big to the little one: joint at the ball, knuckle, last joint, centre of the tip; radii there.
_BALL = ((18.3, 3.35, 1.95), (18.7, 1.15, 2.05), (18.1, -0.6, 1.95), (17.1, -2.25, 1.75), (15.9, -3.65, 1.5))
_KNUCKLE = ((20.3, 3.45, 1.85), (20.7, 1.1, 2.25), (20.0, -0.62, 2.1), (18.9, -2.15, 1.85), (17.6, -3.5, 1.55))
_LAST = ((21.9, 3.4, 1.6), (22.3, 1.02, 1.75), (21.5, -0.62, 1.6), (20.3, -2.05, 1.45), (18.8, -3.3, 1.25))
_TIP = ((24.05, 3.15, 1.15), (23.5, 0.95, 0.88), (22.5, -0.62, 0.84), (21.2, -1.98, 0.8), (19.55, -3.16, 0.76))
_THICK = (
    (1.35, 1.2, 1.18, 1.02),
    (0.9, 0.82, 0.76, 0.7),
    (0.88, 0.78, 0.73, 0.67),
    (0.86, 0.75, 0.71, 0.65),
    (0.88, 0.78, 0.74, 0.66),
)
OPEN = (0.08, 0.02, -0.06, -0.14, -0.26)  # radians that each toe is turned at rest: inward when positive
_BASE = ((10.9, 1.7, 4.5), (11.0, 0.5, 4.9), (10.8, -0.7, 4.5), (10.2, -1.8, 3.5), (9.2, -2.75, 2.3))  # of the metatarsals


@dataclass(frozen=True, eq=False)
class FootShape:
    """One person's foot. `joints` (5, 4, 3) in cm: ball, knuckle, last joint and tip of each toe, as spread at rest; `thick`
    (5, 4): the radii there, cm; `stretch` (3,): how much longer, wider and higher than the mean it is; `arch` in [0, 1]."""

    joints: torch.Tensor
    thick: torch.Tensor
    stretch: torch.Tensor
    arch: float
    ankle: float  # how far the ankle bones stand out, 1 on average
    tendons: float  # how far the tendons stand out, 0 to 1
    hem: float  # height of the trouser's hem, cm

    def across(self, toe: int) -> torch.Tensor:
        """The axis (3,) about which `toe` curls: level, square to the toe, pointing inward."""
        along = self.joints[toe, 3] - self.joints[toe, 0]
        axis = torch.stack([-along[1], along[0], torch.zeros(())])
        return axis / axis.norm()

    def skin(self, points: torch.Tensor) -> torch.Tensor:
        """Signed distance (n,), about in cm, of points (n, 3) in cm to the skin; negative inside."""
        p = points / self.stretch  # proportions differ little, so the distance stays one to within a tenth
        body = union(union(_back(p, self.ankle), _front(p), k=1.6), self._rays(p), k=0.9)
        sole = -p[:, 2] + 0.25 * torch.exp(-(((p[:, 0] - 20.2) / 1.0) ** 2))  # the ground under the toes' roots stays free
        body = intersection(body, sole, k=0.9)
        hollow = ellipsoid(p, (10.6, 4.6, -0.6), (4.6, 3.4, 1.6 + 1.5 * self.arch))
        body = subtraction(body, hollow, k=1.6)
        body = body - self._cords(p)
        toes = self.toe(points, 0)
        for toe in range(1, 5):
            toes = torch.minimum(toes, self.toe(points, toe))
        return union(body, toes, k=0.55)

    def toe(self, points: torch.Tensor, toe: int) -> torch.Tensor:
        """Signed distance (n,), about in cm, of points (n, 3) in cm to one toe, 0 (the big one) to 4."""
        joint, thick = self.joints[toe], self.thick[toe]
        p = points - joint[0]
        distance = capsule(p, joint[0] - joint[0], joint[1] - joint[0], float(thick[0]), float(thick[1]))
        for i in (1, 2):
            part = capsule(p, joint[i] - joint[0], joint[i + 1] - joint[0], float(thick[i]), float(thick[i + 1]))
            distance = union(distance, part, k=0.5)
        tip, radius = joint[3] - joint[0], float(thick[3])
        pad = ellipsoid(p, tip + torch.tensor([-0.15, 0.0, -0.1]), (1.45 * radius, 1.16 * radius, 0.95 * radius))
        distance = union(distance, pad, k=0.4)
        up = self.nail_axes(toe)[2]
        flat = (p - tip) @ up - 0.86 * radius  # the nail's bed is flatter than the rest of the toe
        distance = intersection(distance, flat, k=0.35)
        return intersection(distance, -points[:, 2] + 0.02, k=0.3)

    def nail_axes(self, toe: int) -> torch.Tensor:
        """Rows (3, 3): along the last part of the toe, across it, and out of the nail."""
        along = self.joints[toe, 3] - self.joints[toe, 2]
        along = along / along.norm()
        across = self.across(toe)
        out = torch.linalg.cross(along, across)
        return torch.stack([along, across, out])

    def _rays(self, p):
        """The five metatarsals under the skin of the instep, the webs between the toes and the pad of the ball."""
        heads = self.joints[:, 0] / self.stretch
        distance = None
        for toe, (base, thick) in enumerate(zip(_BASE, (1.75, 1.5, 1.45, 1.4, 1.4), strict=True)):
            head = heads[toe] - torch.tensor([0.3, 0.0, 0.05])
            ray = capsule(p, torch.tensor(base), head, thick, (1.75, 1.45, 1.4, 1.35, 1.32)[toe])
            distance = ray if distance is None else union(distance, ray, k=0.9)
        for toe in range(1, 5):  # the webs between the toes
            web = 0.5 * (heads[toe - 1] + heads[toe]) + torch.tensor([1.35, 0.0, -0.25])
            distance = union(distance, ellipsoid(p, web, (0.9, 0.9, 0.75)), k=0.7)
        ball = ellipsoid(p, (17.6, 0.1, 1.1), (2.5, 4.9, 1.25))
        distance = union(distance, ball, k=1.0)
        return distance

    def _cords(self, p):
        """How far the tendons of the instep raise the skin at points (n, 3) of the mean foot, cm."""
        flat, heads = p[:, :2], self.joints[:, 0, :2] / self.stretch[:2]
        start = torch.tensor([8.6, 0.6])
        raised = torch.zeros_like(p[:, 0])
        for head, rise in zip(heads, (1.0, 0.8, 0.75, 0.65, 0.4), strict=True):
            way = head + torch.tensor([0.6, 0.0]) - start
            t = (flat - start) @ way / way.square().sum()
            beside = (flat - start - t.clamp(0, 1)[:, None] * way).norm(dim=-1)
            along = ramp(t, 0.05, 0.4) * ramp(t, 1.0, 0.75)
            raised = torch.maximum(raised, rise * along * torch.exp(-((beside / 0.43) ** 2)))
        return (0.1 + 0.2 * self.tendons) * raised * ramp(p[:, 2], 1.8, 2.8)

    def cloth(self, points: torch.Tensor) -> torch.Tensor:
        """Signed distance (n,), about in cm, to the trouser's leg: a column of cloth with folds, hollow at its hem."""
        a, m, u = points.unbind(-1)
        height = u - self.hem - 0.12 * (a - 5)  # the hem falls a little towards the heel
        angle = torch.atan2(m, a - 4.8)
        folds = 0.22 * torch.sin(3 * angle + 0.9 * u) + 0.16 * torch.sin(5 * angle - 0.5 * u + 1)
        folds = folds + 0.2 * torch.sin(0.9 * u + angle)
        radius = torch.hypot((a - 4.8) / 1.12, m) - (5.3 + 0.05 * height + folds * (height / 5).clamp(0.25, 1))
        rim = radius - 0.25 + 0.4 * ((height - 0.9).abs() / 1.1 - 1).clamp_min(0)  # the turned-up edge is thicker
        tube = torch.minimum(radius, rim)
        tube = subtraction(tube, torch.maximum(radius + 0.9, height - 3.0), k=0.3)  # hollow as far as one can look into it
        return intersection(0.9 * tube, -height, u - 26.0, k=0.4)


def _back(p, ankle):
    """Heel, ankle and lower leg."""
    heel = union(ellipsoid(p, (3.5, 0.0, 2.5), (3.45, 2.95, 2.9)), ellipsoid(p, (3.4, 0.0, 5.2), (2.5, 2.1, 3.4)), k=1.5)
    leg = capsule(p * p.new_tensor([0.86, 1.06, 1.0]), (4.55, 0.1, 8.0), (4.1, 0.0, 22.0), 2.95, 4.6)
    distance = union(heel, leg, k=2.2)
    cord = capsule(p, (1.35, 0.0, 4.5), (1.45, 0.0, 13.0), 0.85, 0.9)  # Achilles tendon
    distance = union(distance, cord, k=0.8)
    for side, place in ((1.0, (2.9, 2.9, 8.2)), (-1.0, (2.7, -2.9, 7.6))):  # the hollows beside it
        distance = subtraction(distance, ellipsoid(p, (place[0], place[1] + 0.35 * side, place[2]), (1.0, 0.8, 2.6)), k=1.2)
    inner = ellipsoid(p, (5.9, 2.15, 8.4), (1.35, 1.35 + 0.3 * ankle, 1.7))
    outer = ellipsoid(p, (4.7, -2.2, 7.3), (1.25, 1.3 + 0.3 * ankle, 1.8))
    return union(union(distance, inner, k=1.1), outer, k=1.1)


def _front(p):
    """Ankle joint, instep and outer edge."""
    distance = capsule(p, (6.6, 0.3, 6.3), (11.2, 0.6, 4.3), 2.55, 2.15)
    edge = capsule(p, (4.0, -1.3, 1.9), (13.5, -3.0, 1.6), 1.9, 1.65)
    belly = ellipsoid(p, (8.9, -1.7, 4.0), (2.6, 1.7, 1.7))  # the short muscle before the outer ankle bone
    return union(union(distance, edge, k=2.6), belly, k=1.6)


def view() -> torch.Tensor:
    """Rows (3, 3): the directions right, down and away of the camera in the foot's frame."""
    towards = (math.cos(ABOVE) * math.cos(AROUND), math.cos(ABOVE) * math.sin(AROUND), math.sin(ABOVE))
    away = -torch.tensor(towards)
    right = torch.tensor([-math.sin(AROUND), math.cos(AROUND), 0.0])
    return torch.stack([right, torch.linalg.cross(away, right), away])


def to_body(points: torch.Tensor) -> torch.Tensor:
    """Points (..., 3) of the foot's frame, cm, in body units and axes."""
    return SCALE * (points - CENTRE.to(points)) @ view().to(points).T


def to_foot(points: torch.Tensor) -> torch.Tensor:
    """The inverse of `to_body`."""
    return points @ view().to(points) / SCALE + CENTRE.to(points)


def shape_of(identity) -> FootShape:
    """The foot of an `Identity`: length and width within 8 %, arch, and the order of the toes' lengths by its seed."""
    ranges = (("length", 0.95, 1.04), ("width", 0.9, 1.11), ("height", 0.95, 1.07))
    stretch = torch.tensor([identity.draw(*one) for one in ranges])
    order = identity.draw("second_toe", -0.5, 0.8)  # cm: Egyptian, square or Greek foot
    joints = torch.tensor([_BALL, _KNUCKLE, _LAST, _TIP]).transpose(0, 1).clone()
    for toe, longer in enumerate((-0.35 * order, order, 0.6 * order, 0.3 * order, 0.0)):
        reach = joints[toe, 1:, 0] - joints[toe, :1, 0]
        joints[toe, 1:, 0] = joints[toe, 0, 0] + reach * (1 + longer / reach[-1])
        turn = OPEN[toe] + (identity.draw("bunion", -0.05, 0.02) if toe == 0 else 0.0)
        c, s = math.cos(turn), math.sin(turn)
        joints[toe, :, :2] = joints[toe, 0, :2] + (joints[toe, :, :2] - joints[toe, 0, :2]) @ torch.tensor([[c, s], [-s, c]])
    plump = identity.draw("plump", 0.95, 1.07)
    thick = torch.tensor(_THICK) * plump * float(stretch[1]) ** 0.5
    return FootShape(
        joints * stretch,
        thick,
        stretch,
        arch=identity.draw("arch", 0.15, 1.0),
        ankle=identity.draw("ankle", 0.7, 1.3),
        tendons=identity.draw("tendons", 0.2, 1.0),
        hem=HEM + identity.draw("hem", -1.5, 1.5),
    )
