"""A policy is judged as IAM judges it, as far as the policies here use IAM."""

from typing import Any

from tests.each import each
from tests.iam_policy import Policy
from tests.localcloud.calls import Call

GET = Call(action="s3:GetObject", resource="arn:aws:s3:::bucket/key", context={"tag": "a"})


def statement(**members: Any) -> dict[str, Any]:
    """Return a statement that allows the call above, but for these members."""
    allowing = {"Sid": "One", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}
    return allowing | members


@each(
    ("members", "allowed"),
    [
        ({}, True),
        ({"Action": ["s3:PutObject", "s3:GetObject"]}, True),
        ({"Action": "s3:Get*"}, True),
        ({"Action": ["s3:PutObject"]}, False),
        ({"Resource": "arn:aws:s3:::bucket/*"}, True),
        ({"Resource": ["arn:aws:s3:::other/*", "arn:aws:s3:::bucket/k?y"]}, True),
        ({"Resource": "arn:aws:s3:::bucket/key?"}, False),
        ({"Resource": "arn:aws:s3:::bucket"}, False),
        ({"Resource": "arn.aws:s3:::bucket/key"}, False),
        ({"Effect": "Deny"}, False),
        ({"Condition": {"StringEquals": {"tag": "a"}}}, True),
        ({"Condition": {"StringEquals": {"tag": ["b", "a"]}}}, True),
        ({"Condition": {"StringEquals": {"tag": "b"}}}, False),
        ({"Condition": {"StringEquals": {"tag": "a", "other": "a"}}}, False),
        ({"Condition": {"StringEqualsIfExists": {"tag": "a", "other": "a"}}}, True),
        ({"Condition": {"StringEqualsIfExists": {"tag": "b"}}}, False),
        ({"Condition": {"Bool": {"other": "true"}}}, False),
        ({"Condition": {"Bool": {"tag": "a"}, "StringEquals": {"tag": "b"}}}, False),
    ],
)
def test_a_statement_is_about_a_call(members: dict[str, Any], *, allowed: bool) -> None:
    assert Policy([statement(**members)]).allows(GET) == allowed


def test_what_no_statement_is_about_is_refused() -> None:
    assert not Policy([]).allows(GET)


def test_a_denial_wins_in_any_order() -> None:
    both = [statement(), statement(Effect="Deny")]
    assert not Policy(both).allows(GET)
    assert not Policy(both[::-1]).allows(GET)


def test_a_policy_needs_what_no_other_statement_allows() -> None:
    """A call that it refuses anyhow is not about the value."""
    policy = Policy([statement(Action=["s3:Get*", "s3:PutObject"])])
    put = Call(action="s3:PutObject", resource="*")
    assert policy.needs("One", "Action", "s3:PutObject", [GET, put])
    assert policy.needs("One", "Resource", "*", [GET])
    assert not policy.needs("One", "Action", "s3:PutObject", [GET])
    twice = Policy([*policy.statements, statement(Sid="Two")])
    assert not twice.needs("One", "Action", "s3:Get*", [GET])
    assert not policy.needs("One", "Action", "s3:Get*", [Call(action="iam:GetRole", resource="*")])


def test_a_call_that_needs_no_right_is_never_refused() -> None:
    nobody = Call(action="sts:GetCallerIdentity", resource="*")
    expected = {"s3:GetObject on arn:aws:s3:::bucket/key {'tag': 'a'}"}
    assert Policy([]).refused([nobody, GET]) == expected


def test_an_action_or_a_resource_is_removed_from_one_statement_only() -> None:
    policy = Policy([statement(), statement(Sid="Two", Resource="arn:aws:s3:::bucket/*")])
    assert policy.without("One", "Action", "s3:GetObject").allows(GET)
    less = policy.without("One", "Resource", "*")
    assert less.allows(GET)
    assert not less.without("Two", "Resource", "arn:aws:s3:::bucket/*").allows(GET)


def test_a_denied_action_is_not_granted() -> None:
    policy = Policy([statement(), statement(Sid="Two", Effect="Deny", Action=["s3:PutObject"])])
    assert list(policy.granted("Action")) == [("One", "s3:GetObject")]
    assert list(policy.granted("Resource")) == [("One", "*")]
    assert list(policy.allowed()) == [("s3:GetObject", "*")]
