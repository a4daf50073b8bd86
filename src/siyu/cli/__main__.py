"""`python -m siyu.cli` is `siyu`."""

import sys

from siyu.cli import main

sys.exit(main())
