"""What happens to resources when a program changes."""

import pytest
from conftest import MakeStack

HEAD = """
import pulumi
import pulumi_random as random
from pulumi import ResourceOptions as Options
"""


def test_an_update_shows_what_changed(make_stack: MakeStack) -> None:
    stack = make_stack(HEAD + "random.RandomPet('a', length=2)")
    assert stack.run("up").ok
    stack.write(HEAD + "random.RandomPet('a', length=3)")
    assert stack.run("up").ok
    assert [op for op, _ in stack.steps()] == ["create-replacement", "replace", "delete-replaced"]
    found = next(
        event
        for event in stack.events
        if "resOutputsEvent" in event and event["resOutputsEvent"]["metadata"]["op"] == "replace"
    )
    assert found["resOutputsEvent"]["metadata"]["diffs"] == ["length"]
    assert found["resOutputsEvent"]["metadata"]["detailedDiff"]["length"]["diffKind"] == "update-replace"


def test_what_the_program_no_longer_asks_for_is_deleted_dependents_first(make_stack: MakeStack) -> None:
    stack = make_stack(
        HEAD
        + "a = random.RandomPet('a')\nb = random.RandomPet('b', keepers={'a': a.id})\nrandom.RandomUuid('c', keepers={'b': b.id})"
    )
    assert stack.run("up").ok
    stack.write(HEAD + "random.RandomUuid('d')")
    assert stack.run("up").ok
    assert [step for step in stack.steps() if step[0] == "delete"] == [
        ("delete", "c"),
        ("delete", "b"),
        ("delete", "a"),
    ]


def test_delete_before_replace_takes_dependents_along(make_stack: MakeStack) -> None:
    program = (
        HEAD
        + "a = random.RandomPet('a', length={n}, opts=Options(delete_before_replace=True))\nrandom.RandomUuid('b', keepers={{'a': a.id}})"
    )
    stack = make_stack(program.format(n=2))
    assert stack.run("up").ok
    stack.write(program.format(n=3))
    assert stack.run("up").ok
    ops = stack.steps()
    assert (
        ops.index(("delete-replaced", "b"))
        < ops.index(("delete-replaced", "a"))
        < ops.index(("create-replacement", "a"))
    )
    assert ops.index(("create-replacement", "a")) < ops.index(("create-replacement", "b"))
    assert stack.run("up").changes == {"same": 4}


def test_a_renamed_resource_is_kept_by_its_alias(make_stack: MakeStack) -> None:
    stack = make_stack(HEAD + "random.RandomPet('old')")
    assert stack.run("up").ok
    stack.write(HEAD + "random.RandomPet('new', opts=Options(aliases=[pulumi.Alias(name='old')]))")
    result = stack.run("up")
    assert result.changes == {"same": 3}, stack.steps()
    urns = [one.urn for one in stack.session().store.load().resources]
    assert any(urn.endswith("::new") for urn in urns)
    assert not any(urn.endswith("::old") for urn in urns)


def test_children_follow_a_renamed_parent(make_stack: MakeStack) -> None:
    program = (
        HEAD
        + """
class Group(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__('example:x:Group', name, None, opts)
        random.RandomPet(f'{name}-pet', opts=Options(parent=self))
        self.register_outputs({})
"""
    )
    stack = make_stack(program + "Group('old')")
    assert stack.run("up").ok
    stack.write(program + "Group('new', Options(aliases=[pulumi.Alias(name='old')]))")
    assert stack.run("up").changes == {"same": 4}, stack.steps()


def test_ignored_changes_stay_as_they_were(make_stack: MakeStack) -> None:
    program = HEAD + "random.RandomPet('a', length={n}, opts=Options(ignore_changes=['length']))"
    stack = make_stack(program.format(n=2))
    assert stack.run("up").ok
    stack.write(program.format(n=5))
    assert stack.run("up").changes == {"same": 3}


def test_a_protected_resource_is_not_deleted(make_stack: MakeStack) -> None:
    stack = make_stack(HEAD + "random.RandomPet('a', opts=Options(protect=True))")
    assert stack.run("up").ok
    stack.write(HEAD)
    result = stack.run("up")
    assert not result.ok
    assert "protected" in stack.messages()
    assert not stack.run("destroy").ok
    assert len(stack.session().store.load().resources) == 3


def test_retained_resources_leave_the_state_only(
    make_stack: MakeStack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    trace = tmp_path_factory.mktemp("trace") / "deleted"
    program = f"""
import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider
class P(ResourceProvider):
    def create(self, props):
        return CreateResult('one', props)
    def delete(self, id_, props):
        open({str(trace)!r}, 'a').write(id_)
class R(Resource):
    def __init__(self, name, opts=None):
        super().__init__(P(), name, {{}}, opts)
R('kept', pulumi.ResourceOptions(retain_on_delete=True))
"""
    stack = make_stack(program)
    assert stack.run("up").ok
    assert stack.run("destroy").ok
    assert not trace.exists()
    stack.write(program.replace("retain_on_delete=True", ""))
    assert stack.run("up").ok
    assert stack.run("destroy").ok
    assert trace.read_text(encoding="utf-8") == "one"


def test_replace_on_changes_and_triggers(make_stack: MakeStack) -> None:
    program = """
import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult
class P(ResourceProvider):
    def create(self, props):
        return CreateResult('one', props)
    def diff(self, id_, olds, news):
        return DiffResult(changes=olds.get('x') != news.get('x'))
    def update(self, id_, olds, news):
        return UpdateResult(news)
class R(Resource):
    def __init__(self, name, x, opts=None):
        super().__init__(P(), name, {'x': x}, opts)
"""
    stack = make_stack(program + "R('a', 1)")
    assert stack.run("up").ok
    stack.write(program + "R('a', 2)")
    assert stack.run("up").ok
    assert [op for op, _ in stack.steps()] == ["update"]
    stack.write(program + "R('a', 3, pulumi.ResourceOptions(replace_on_changes=['x']))")
    assert stack.run("up").ok
    assert "replace" in dict(stack.steps())
    trigger = "R('a', 3, pulumi.ResourceOptions(replacement_trigger={t!r}))"
    stack.write(program + trigger.format(t="one"))
    assert stack.run("up").ok
    assert not stack.steps()
    stack.write(program + trigger.format(t="two"))
    assert stack.run("up").ok
    assert "replace" in dict(stack.steps())


def test_an_import_takes_over_and_refuses_other_inputs(make_stack: MakeStack, kubeconfig: object) -> None:
    del kubeconfig
    head = """
import os, pulumi, pulumi_kubernetes as k8s
provider = k8s.Provider('p', kubeconfig=os.environ['TEST_KUBECONFIG'])
"""
    stack = make_stack(
        head
        + "k8s.core.v1.ConfigMap('a', metadata={'name': 'taken'}, data={'x': '1'}, opts=pulumi.ResourceOptions(provider=provider, retain_on_delete=True))"
    )
    assert stack.run("up").ok
    assert stack.run("destroy").ok
    wrong = "k8s.core.v1.ConfigMap('b', metadata={'name': 'taken'}, data={'x': '2'}, opts=pulumi.ResourceOptions(provider=provider, import_='default/taken'))"
    stack.write(head + wrong)
    assert not stack.run("up").ok
    assert "do not match" in stack.messages()
    stack.write(head + wrong.replace("'2'", "'1'"))
    assert stack.run("up").ok, stack.messages()
    assert ("import", "b") in stack.steps()
    stack.write(head + wrong.replace("'2'", "'1'").replace(", import_='default/taken'", ""))
    assert stack.run("up").changes == {"same": 3}
    assert stack.run("destroy").ok


def test_stack_references_read_the_other_stack(make_stack: MakeStack) -> None:
    stack = make_stack(
        HEAD + "pulumi.export('plain', 'value')\npulumi.export('hidden', pulumi.Output.secret('canary-x'))"
    )
    assert stack.run("up").ok
    stack.name = "second"
    stack.write(
        "import pulumi\nref = pulumi.StackReference('organization/proj/dev')\npulumi.export('got', ref.get_output('plain'))\npulumi.export('too', ref.get_output('hidden'))"
    )
    result = stack.run("up")
    assert result.ok, stack.messages()
    assert result.outputs["got"] == "value"
    assert "canary-x" not in stack.session().store.file.read_text(encoding="utf-8")
    assert "read" not in dict(stack.steps()) or stack.run("up").ok


HOOK = """
import pulumi, pulumi_random as r
h = pulumi.ResourceHook('h', lambda a: None)
r.RandomPet('a', opts=pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_create=[h])))
"""


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import pulumi_random as r\nr.RandomPet('a')\nr.RandomPet('a')", "Duplicate resource URN"),
        ("raise ValueError('broken here')", "broken here"),
        ("import sys\nsys.exit(3)", "exited with code 3"),
        ("import pulumi_random as r\nr.RandomInteger('a', min=5, max=1)", "min: must not exceed max"),
        ("import pulumi\npulumi.CustomResource('nopackage:index:Thing', 'a')", "no provider for package 'nopackage'"),
        ("def (:", "SyntaxError"),
        ("import pulumi\npulumi.Config().require('missing')", "missing"),
        (
            "import pulumi, pulumi_random as r\nr.RandomPet('a', opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create='soon')))",
            "not a duration",
        ),
        (
            HOOK,
            "resource hooks",
        ),
    ],
)
@pytest.mark.parametrize("in_process", [True, False])
def test_a_broken_program_is_told_in_one_message(
    make_stack: MakeStack, program: str, said: str, *, in_process: bool
) -> None:
    stack = make_stack(program, in_process=in_process)
    result = stack.run("up")
    assert not result.ok
    assert said in stack.messages() + result.error
    assert "engine/monitor.py" not in stack.messages()


def test_default_providers_can_be_forbidden(make_stack: MakeStack) -> None:
    stack = make_stack(
        "import pulumi_random as r\nr.RandomPet('a')", overrides={"pulumi:disable-default-providers": '["*"]'}
    )
    assert not stack.run("up").ok
    assert "Default provider for 'random' disabled" in stack.messages()


def test_a_failed_create_keeps_what_was_made_before(make_stack: MakeStack) -> None:
    stack = make_stack(
        HEAD
        + "a = random.RandomPet('a')\nrandom.RandomString('b', length=5, lower=False, upper=False, numeric=False, special=False, keepers={'a': a.id})"
    )
    assert not stack.run("up").ok
    snapshot = stack.session().store.load()
    assert any(one.urn.endswith("::a") for one in snapshot.resources)
    assert not snapshot.pending


def test_a_hidden_secret_is_hidden_everywhere(make_stack: MakeStack) -> None:
    stack = make_stack(
        "import pulumi, pulumi_random as r\ns = pulumi.Config().require_secret('token')\n"
        "r.RandomPet('a', keepers={'token': s})\npulumi.export('s', s)\n"
        "s.apply(lambda text: pulumi.log.warn('it is ' + text))\ns.apply(lambda text: print('printed', text))",
        in_process=False,
    )
    from engine.state.secrets import Crypter

    session = stack.session()
    crypter: Crypter = session.store.crypter()
    secure = crypter.encrypt("canary-token-1234")
    (stack.folder / "Pulumi.dev.yaml").write_text(
        f"encryptionsalt: {crypter.salt}\nconfig:\n  proj:token:\n    secure: {secure}\n", encoding="utf-8"
    )
    assert stack.run("up").ok, stack.messages()
    stack.write(
        "import pulumi, pulumi_random as r\nr.RandomPet('a', keepers={'token': pulumi.Output.secret('canary-second-one')})"
    )
    assert stack.run("up").ok
    everything = repr(stack.events) + stack.messages()
    for file in stack.folder.rglob("*"):
        if file.is_file() and file.name != "__main__.py":
            everything += file.read_text(encoding="utf-8")
    assert "canary-token" not in everything
    assert "canary-second" not in everything
