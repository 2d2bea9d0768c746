"""`python -m glmk_lib`: the command line of `glmk_lib.cli`."""

import sys

from glmk_lib.cli import main

sys.exit(main())
