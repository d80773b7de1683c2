"""Specs and rows drawn together for hypothesis: what is declared, the tables that it is declared of, what they hold."""

from __future__ import annotations

from drawn.case import Case
from drawn.cases import FEATURES, cases
from drawn.rendered import definitions, spec_text
from drawn.stored import disagreements

__all__ = ["FEATURES", "Case", "cases", "definitions", "disagreements", "spec_text"]
