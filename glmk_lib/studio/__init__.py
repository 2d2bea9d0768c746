"""The virtual capture: a face, a hand and a foot, bare or painted, filmed with exact truth for every frame."""

from glmk_lib.studio.filming import Take, film, template_of
from glmk_lib.studio.stills import stills

__all__ = ["Take", "film", "stills", "template_of"]
