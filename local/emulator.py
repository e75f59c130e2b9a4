"""The whole local run in this process: synthesize, provision, serve."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from moto.moto_api._internal.models import moto_api_backend
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from local.account import OWNER_KEY, Account, default_region
from local.assembly import REPOSITORY, STAGE, Assembly, synthesize
from local.cloudformation.connect import connect as connect_cloudformation
from local.cloudformation.other_types import OtherTypes
from local.functions.concurrency import ACCOUNT_LIMIT, Concurrency
from local.functions.created import CreatedFunctions
from local.functions.pool import FunctionPool
from local.functions.service import Functions
from local.functions.spec import FunctionSpec, with_text_model
from local.http.access import DEFAULT_ACCESS, Access
from local.http.console import ConsolePages
from local.http.gateway import Gateway
from local.http.moto_app import MotoApp
from local.http.regions import AnyRegion
from local.http.router import Router, Services
from local.http.server import HttpServer
from local.iam.enforcer import Enforcer
from local.iam.resource_policies import ResourcePolicies
from local.iam.roles import Roles
from local.jobs.job import COMMAND
from local.jobs.service import TrainingJobs
from local.logs import LogSink
from local.moto_patches import awslambda, cloudwatch, events, s3, sns, speed, stepfunctions
from local.provision import Deployment, provision
from local.reset import Baseline
from local.scheduling.alarms import Alarms
from local.scheduling.rules import Rules
from local.scheduling.scheduled_rules import ScheduledRules
from local.scheduling.schedules import Scheduler
from local.scheduling.targets import Targets
from local.state.kept import KeptState, open_state
from local.streams.direct_put import DirectPuts
from local.streams.event_source import EventSource, EventSourceMapping
from local.streams.failure_destination import FailureDestination
from local.streams.firehose import Delivery, DeliveryStream
from local.streams.memory import NO_MEMORY, StreamMemory
from local.streams.shards import Streams
from local.streams.sources import DirectSource, RecordSource, StreamSource
from local.terminal import Terminal
from local.text_models import TextModels


class Emulator:
    """AWS on one machine, with the template deployed. One at a time in a process: moto's memory is global.

    Example:
        with Emulator() as emulator:
            emulator.client("s3").create_bucket(Bucket="a-bucket")
    """

    def __init__(
        self,
        *,
        server: HttpServer | None = None,
        assembly: Path | None = None,
        stage: str = STAGE,
        region: str | None = None,
        terminal: Terminal | None = None,
        training_command: Sequence[str] = COMMAND,
        repository: Path = REPOSITORY,
        warm: bool = False,
        access: Access = DEFAULT_ACCESS,
        concurrency: int = ACCOUNT_LIMIT,
        strict_signatures: bool = False,
        state: Path | None = None,
        seed: Path | None = None,
        text_model: str | None = None,
    ) -> None:
        """Nothing happens until `start`.

        Args:
            server: bound to its port already; by default one on a free port.
            assembly: a ready cloud assembly; without it `app.py` is synthesized for `stage`.
            stage: a stage of cdk.json.
            region: default AWS_REGION, AWS_DEFAULT_REGION, us-east-1.
            terminal: where progress goes; silent by default.
            training_command: the command of training jobs.
            repository: the folder that training jobs have on their PYTHONPATH.
            warm: load the functions in the background once ready.
            access: additional names of this machine, and sites whose pages may call Personalize's API.
            concurrency: the account's limit of concurrent Lambda invocations.
            strict_signatures: refuse signatures for `personalize`, as API Gateway does.
            state: the directory from which the run continues and in which it keeps its state.
            seed: a snapshot to start with, if `state` is None or has no state.
            text_model: what writes texts, in place of the stage's `generation.model`.
        """
        self._terminal = terminal or Terminal(quiet=True)
        self._assembly_folder = assembly
        self._stage, self._text_model = stage, text_model
        self._training_command, self._repository = training_command, repository
        self._warm = warm
        self._access = access
        self._concurrency, self._strict_signatures = concurrency, strict_signatures
        self._state_folder, self._seed = state, seed
        self._state: KeptState | None = None
        self._server = server or HttpServer(0)
        self._scratch = Path(tempfile.mkdtemp(prefix="tastemaker-local-"))
        self.account = Account(self._server.endpoint, region or default_region())
        self.outputs: dict[str, str] = {}
        self._closing: list[Any] = []  # things with stop() or close(), in the order to end them

    @property
    def endpoint(self) -> str:
        return self._server.endpoint

    @property
    def port(self) -> int:
        return self._server.port

    def environment(self) -> dict[str, str]:
        """The environment variables that point programs at this run."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": OWNER_KEY,
            "AWS_SECRET_ACCESS_KEY": OWNER_KEY,
            "AWS_DEFAULT_REGION": self.account.region,
        }

    def client(self, service: str, credentials: dict[str, str] | None = None) -> Any:
        """A boto3 client on this run, as the account's owner or with a role's credentials."""
        return self.account.client(service, credentials)

    def __enter__(self) -> Emulator:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Synthesize if needed, provision, and serve. Returns when all services answer.

        Raises SynthesisError, ProvisionError, StateError.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        say = self._terminal.write
        assembly = Assembly(self._assembly_folder or synthesize(say, stage=self._stage))
        started = time.monotonic()
        moto_api_backend.reset()
        speed.install()
        s3.install()
        cloudwatch.install()
        self.roles = Roles(self.account)
        stepfunctions.install(self._client_of_state)
        self._policies = ResourcePolicies(self.account, self._terminal)
        sns.install(self._topic_may_send)
        keys: dict[str, str] = {}
        enforcer = Enforcer(self.account, self.roles, self._policies, self._terminal, keys)
        self._state = open_state(
            self._state_folder or (self._scratch / "state" if self._seed else None),
            self.account,
            stage=self._stage,
            stack=assembly.stack,
            terminal=self._terminal,
            seed=self._seed,
        )
        folder = None if self._state is None else self._state.folder
        moto = MotoApp(self.port)
        router = Router(moto, self.roles, enforcer, self._terminal, access=self._access, state=folder)
        self._server.start(router)
        self.deployment = Deployment(self.account, assembly.stack, assembly, self.roles, keys=keys)
        template = assembly.template(self.account.region, self.account.partition)
        provision(template, self.deployment, say)
        self.outputs = template.outputs()
        others = OtherTypes(self.account)
        if self._state is not None:
            self._state.restore(moto.answer, others.moto)
            moto.record(self._state.recorder())
        services = self._services(moto, others)
        if self._state is not None:
            self._state.restore_stacks(self.cloudformation.stacks, others.moto)
        self._baseline = Baseline(self.account)
        router.open(services)
        say(f"started in {time.monotonic() - started:.1f} s")
        if self._warm:
            threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()

    def _services(self, moto: MotoApp, others: OtherTypes) -> Services:
        """Start what runs in this process, in the order in which each needs the one before."""
        account, terminal, found = self.account, self._terminal, self.deployment
        sink = LogSink(account)
        self.functions = self._functions(sink)
        awslambda.install(self.functions.invoke_event)
        self.jobs = self._training_jobs(sink)
        streams = Streams(account)
        memory = NO_MEMORY if self._state is None else self._state.streams
        sources = {delivery.name: _source(delivery, streams, memory) for delivery in found.deliveries}
        self.deliveries = [
            DeliveryStream(
                delivery, sources[delivery.name], account=account, roles=self.roles, terminal=terminal
            )
            for delivery in found.deliveries
        ]
        mappings = [self._mapping(source, streams, memory) for source in found.event_sources]
        self.scheduler = Scheduler(account=account, roles=self.roles, terminal=terminal)
        self.targets = self._targets()
        scheduled = ScheduledRules(account, self.targets.deliver, terminal)
        runners: list[Any] = [sink, *self.deliveries, *mappings, self.scheduler, scheduled, self._rules()]
        for runner in runners:
            runner.start()
        self._closing = [*runners, self.jobs, self.functions]
        self.cloudformation = connect_cloudformation(account, self.functions, found.macros, others, moto)
        return Services(
            AnyRegion(self._gateway(), home=account.region),
            self.functions,
            self.jobs,
            streams,
            DirectPuts(sources),
            Alarms(account, self._policies, terminal),
            self.flush,
            self.reset,
            TextModels(),
            ConsolePages(self.endpoint, account.region),
            self.cloudformation,
        )

    def _functions(self, sink: LogSink) -> Functions:
        """The template's functions, and those that programs create."""

        def pool_of(spec: FunctionSpec) -> FunctionPool:
            if self._text_model is not None:
                spec = with_text_model(spec, self._text_model)
            return FunctionPool(spec, self.account, self.roles, self._terminal, sink, self._scratch)

        return Functions(
            {name: pool_of(spec) for name, spec in self.deployment.functions.items()},
            CreatedFunctions(self.account, pool_of, self._scratch),
            Concurrency(self.account, self._concurrency),
        )

    def _training_jobs(self, sink: LogSink) -> TrainingJobs:
        return TrainingJobs(
            account=self.account,
            roles=self.roles,
            terminal=self._terminal,
            sink=sink,
            repository=self._repository,
            scratch=self._scratch,
            command=self._training_command,
        )

    def _targets(self) -> Targets:
        """The targets of EventBridge's rules, which get events from now on."""
        targets = Targets(
            account=self.account,
            roles=self.roles,
            policies=self._policies,
            invoke=self.functions.invoke_event,
            terminal=self._terminal,
        )
        events.install(targets.deliver)
        return targets

    def _rules(self) -> Rules:
        """The rules of EventBridge. A run with a state also learns from them how executions end."""
        executions = None if self._state is None else self._state.executions
        return Rules(
            self.deployment.rules,
            account=self.account,
            invoke=self.functions.invoke_event,
            terminal=self._terminal,
            told=executions.settled if executions else (),
            listener=executions.ended if executions else None,
        )

    def _gateway(self) -> Gateway:
        return Gateway(
            self.deployment.routes,
            self.functions.invoke,
            account_id=self.account.id,
            api_id="local",
            identify=self.roles.identity,
            cors=self.deployment.cors,
            strict=self._strict_signatures,
        )

    def _mapping(self, source: EventSource, streams: Streams, memory: StreamMemory) -> EventSourceMapping:
        destination = None
        if source.destination_arn is not None:
            destination = FailureDestination(
                source.destination_arn,
                mapping_id=source.id,
                function_arn=source.function_arn,
                role_arn=self.deployment.functions[source.function_name].role_arn,
                account=self.account,
                roles=self.roles,
            )
        return EventSourceMapping(
            source,
            account=self.account,
            streams=streams,
            invoke=self.functions.invoke,
            send=destination,
            terminal=self._terminal,
            memory=memory,
        )

    def flush(self) -> int:
        """Deliver all waiting events to the lake now. Returns their number."""
        return sum(delivery.flush() for delivery in self.deliveries)

    def reset(self) -> None:
        """Delete everything that programs have created, and start with the template's resources again.

        Raises RuntimeError if the run keeps a state.
        """
        if self._state is not None:
            raise RuntimeError("A run with --state or --seed cannot be reset. Start another one.")
        self._stop_executions()
        self.jobs.delete_all()
        self.functions.replace_workers()
        self.cloudformation.forget()
        self._baseline.restore()

    def stop(self) -> None:
        """Stop all services. All child processes have ended when this returns."""
        self._stop_executions()
        for part in self._closing:
            part.stop()
        self._closing = []
        self._server.stop()
        if self._state is not None:
            self._state.close()
            self._state = None
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _stop_executions(self) -> None:
        for machine in stepfunctions_parser_backends[self.account.id][self.account.region].state_machines:
            for execution in machine.executions:
                if execution.status == "RUNNING":
                    execution.stop(stop_date=None, cause="the local run ended", error=None)

    def _client_of_state(self, service: str, role_arn: str) -> Any:
        machines = stepfunctions_parser_backends[self.account.id][self.account.region].state_machines
        credentials = self.roles.assume(
            role_arn,
            service="states.amazonaws.com",
            session="states",
            source_arn=next((machine.arn for machine in machines if machine.roleArn == role_arn), None),
        )
        return self.account.client(service, credentials, **stepfunctions.CLIENT_CONFIG)

    def _topic_may_send(self, topic_arn: str, queue_arn: str) -> bool:
        return self._policies.allows_service(
            "sns.amazonaws.com", "sqs:SendMessage", queue_arn, source_arn=topic_arn
        )

    def _warm_up(self) -> None:
        for name in self.functions.names():
            try:
                self.functions.pool(name).warm()
            except Exception as error:
                self._terminal.detail(name, f"not warmed: {error}")


def _source(delivery: Delivery, streams: Streams, memory: StreamMemory) -> RecordSource:
    if delivery.stream_arn is None:
        return DirectSource(delivery.name, memory=memory)
    return StreamSource(streams, delivery.stream_arn, reader=f"firehose/{delivery.name}", memory=memory)


def export_line(emulator: Emulator) -> str:
    """The shell command that points AWS programs at this run."""
    return "export " + " ".join(f"{name}={value}" for name, value in emulator.environment().items())
