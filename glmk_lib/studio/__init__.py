"""The virtual capture: a face, a hand and a foot, bare or painted, filmed with exact truth for every frame."""

from glmk_lib.studio.filming import film, template_of
from glmk_lib.studio.stills import stills
from glmk_lib.studio.take import Take

__all__ = ["Take", "film", "stills", "template_of"]
