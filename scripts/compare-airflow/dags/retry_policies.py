"""Retry policies: what the exception says decides whether and when a task is tried again."""

from datetime import datetime, timedelta

from airflow.sdk import DAG, ExceptionRetryPolicy, RetryAction, RetryPolicy, RetryRule, get_current_context, task
from airflow.sdk.definitions.retry_policy import RetryDecision

SOON = timedelta(milliseconds=200)
BY_CLASS = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception=ConnectionError, retry_delay=SOON, reason="the network"),
        RetryRule(exception="builtins.LookupError", action=RetryAction.FAIL, reason="it will not be there later either"),
        RetryRule(exception=ArithmeticError, match_subclasses=False, action=RetryAction.FAIL),
    ],
)


class OnceMore(RetryPolicy):
    """Whatever happens, one more try and no delay."""

    def evaluate(self, exception, try_number, max_tries, context=None):
        return RetryDecision.retry(timedelta(0)) if try_number < 2 else RetryDecision.fail("enough")


def attempt() -> int:
    return get_current_context()["ti"].try_number


# Without a policy each of these would wait for an hour.
with DAG(
    "compare_retry_policies", schedule=None, start_date=datetime(2026, 1, 1), catchup=False,
    default_args={"retries": 3, "retry_delay": timedelta(hours=1), "retry_policy": BY_CLASS},
):
    @task
    def is_tried_again():
        if attempt() < 3:
            raise ConnectionResetError("gone")
        return attempt()

    @task
    def fails_at_once():
        raise KeyError("nothing")

    @task
    def runs_out_of_tries():
        raise ConnectionError(f"try {attempt()}")

    @task(retry_delay=SOON)
    def has_no_rule():
        if attempt() < 2:
            raise ValueError("odd")
        return attempt()

    @task(retry_delay=SOON)
    def is_no_exact_match():
        if attempt() < 2:
            raise ZeroDivisionError("a subclass")
        return attempt()

    @task(retries=5, retry_policy=OnceMore())
    def has_a_policy_of_its_own():
        raise RuntimeError(f"try {attempt()}")

    @task(retries=0)
    def may_not_be_tried_again():
        raise ConnectionError("once")

    for one in (is_tried_again, fails_at_once, runs_out_of_tries, has_no_rule, is_no_exact_match,
                has_a_policy_of_its_own, may_not_be_tried_again):
        one()
