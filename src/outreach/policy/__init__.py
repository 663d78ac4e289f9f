"""Law and house rules as data, and the gate that judges by them."""

from outreach.policy.casefiles import CaseResult, run_cases, succeeded
from outreach.policy.checks import builtin_checks
from outreach.policy.checks.attribution import NAMED_NONE, choose_debt, placed_counts
from outreach.policy.checks.frequency_rule import FrequencyParameters
from outreach.policy.gate import Policy
from outreach.policy.lint import Problem, lint
from outreach.policy.loader import load, load_documents
from outreach.policy.notices import validation_end
from outreach.policy.schema import cases_schema, pack_schema

__all__ = [
    "NAMED_NONE",
    "CaseResult",
    "FrequencyParameters",
    "Policy",
    "Problem",
    "builtin_checks",
    "cases_schema",
    "choose_debt",
    "lint",
    "load",
    "load_documents",
    "pack_schema",
    "placed_counts",
    "run_cases",
    "succeeded",
    "validation_end",
]
