"""The colours that lines have in figures and overlays."""

from glmk_lib.template import Template

# Lines over skin: first those that skin has least of.
ON_SKIN = ("#0072B2", "#F0E442", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#E69F00")


def line_colors(template: Template) -> list[str]:
    """A colour for each line: the stated paints when there are several, else one from a palette that stands out on skin.

    Of a line in bands it is the first.
    """
    stated = [line.colors[0] for line in template.lines]
    return stated if len(set(template.segment_colors)) > 1 else [ON_SKIN[k % len(ON_SKIN)] for k in range(len(stated))]
