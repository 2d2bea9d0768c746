"""The virtual capture: a turning, talking head, bare or painted, with exact truth for every frame."""

from glmk_lib.studio.film import Take, face_template, film

__all__ = ["Take", "face_template", "film"]
