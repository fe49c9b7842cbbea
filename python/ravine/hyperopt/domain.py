"""A search's space and objective together."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from typing import Any

from ravine.hyperopt.base import STATUS_NEW, STATUS_OK, STATUS_STRINGS, Ctrl
from ravine.hyperopt.exceptions import DuplicateLabel, InvalidLoss, InvalidResultStatus
from ravine.hyperopt.kinds import KINDS, Kind, Option
from ravine.hyperopt.pyll import Apply, Literal, as_apply, dfs
from ravine.hyperopt.pyll.nodes import Evaluation, rec_eval


class Domain:
    """A space and the function that is minimised over it.

    Args:
        fn: Gets a value of the space; returns a loss, or a dict with ``status`` and ``loss``.
        expr: The space.
        workdir: Kept in the documents; not used.
        pass_expr_memo_ctrl: Whether `fn` gets the expression, a memo with the trial's values and a
            :class:`~ravine.hyperopt.Ctrl` instead. None: as `fn` was marked by ``fmin_pass_expr_memo_ctrl``.
        name: A name for messages.

    Raises:
        DuplicateLabel: When two hyperparameters have the same label.
    """

    # A space may hold this node; it becomes the running trial's `Ctrl`.
    pyll_ctrl = Literal(Ctrl)

    def __init__(
        self,
        fn: Callable[..., Any],
        expr: Any,
        workdir: str | None = None,
        pass_expr_memo_ctrl: bool | None = None,
        name: str | None = None,
        loss_target: float | None = None,
    ) -> None:
        self.fn = fn
        self.expr = as_apply(expr)
        self.workdir = workdir
        self.name = name
        self.loss_target = loss_target
        marked = getattr(fn, "fmin_pass_expr_memo_ctrl", False)
        self.pass_expr_memo_ctrl = marked if pass_expr_memo_ctrl is None else pass_expr_memo_ctrl
        self.cmd = ("domain_attachment", "FMinIter_Domain")
        self.params: dict[str, Apply] = {}
        self._labels: dict[Apply, str] = {}
        self._indexes: set[Apply] = set()
        # What algorithms keep from round to round of one search, by their own keys.
        self.kept: dict[Any, Any] = {}
        self._read_space()

    def _read_space(self) -> None:
        for node in dfs(self.expr):
            if node.name == "switch":
                self._indexes.add(node.pos_args[0])
            if node.name == "hyperopt_param":
                label = node.arg["label"].eval()
                if label in self.params:
                    raise DuplicateLabel(f"{label!r} is the label of two hyperparameters; each needs its own")
                self._labels[node] = label
                self.params[label] = node.arg["obj"]

    def walk(self, choose: Callable[[str, Kind], Any]) -> dict[str, Any]:
        """Chooses a value for each hyperparameter that is active, given those chosen before it.

        Args:
            choose: Gets a label and its kind, returns the value that the program sees.

        Returns:
            The values by label.
        """
        values: dict[str, Any] = {}
        evaluation = Evaluation()
        done: set[Apply] = set()

        def visit(node: Apply) -> None:
            if node in done:
                return
            done.add(node)
            if node.name == "switch":
                visit(node.pos_args[0])
                visit(evaluation.chosen(node))
            elif node in self._labels:
                draw = node.arg["obj"]
                for child in draw.inputs():
                    visit(child)
                label = self._labels[node]
                values[label] = choose(label, self._kind(node, draw, evaluation))
                evaluation.known[node] = values[label]
            else:
                for child in node.inputs():
                    visit(child)

        visit(self.expr)
        return values

    def _kind(self, node: Apply, draw: Apply, evaluation: Evaluation) -> Kind:
        make = Option if node in self._indexes and draw.name == "randint" else KINDS[draw.name]
        args = [evaluation.value(child) for child in draw.pos_args]
        kwargs = {key: evaluation.value(child) for key, child in draw.named_args}
        return make(*args, **kwargs)

    def memo_from_config(self, config: Mapping[str, Any]) -> dict[Apply, Any]:
        """The values of the hyperparameters' nodes, from their labels'. Inactive ones are left out."""
        return {node: config[label] for node, label in self._labels.items() if label in config}

    def evaluate(self, config: Mapping[str, Any], ctrl: Ctrl, attach_attachments: bool = True) -> dict[str, Any]:
        """Calls the objective with the values of a trial.

        Args:
            config: The values by label.
            ctrl: The trial's channel to its search.
            attach_attachments: Whether to move what the objective returned under ``attachments`` there.

        Returns:
            The result: a dict with ``status``, and with ``loss`` as a float when that is "ok".

        Raises:
            InvalidResultStatus: When the objective returned a dict without one of the statuses.
            InvalidLoss: When the status is "ok" and there is no loss that is a number.
        """
        memo = self.memo_from_config(config)
        memo.update({node: ctrl for node in dfs(self.expr) if isinstance(node, Literal) and node.obj is Ctrl})
        if self.pass_expr_memo_ctrl:
            returned = self.fn(expr=self.expr, memo=memo, ctrl=ctrl)
        else:
            returned = self.fn(rec_eval(self.expr, memo))
        result = as_result(returned)
        if attach_attachments:
            ctrl.attachments.update(result.pop("attachments", None) or {})
        return result

    def new_result(self) -> dict[str, Any]:
        """The result of a trial that has not run."""
        return {"status": STATUS_NEW}

    def loss(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """The loss of a result, None when it has none."""
        return result.get("loss")

    def loss_variance(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """How much the loss of a result may vary; 0 where the result does not say."""
        return result.get("loss_variance", 0.0)

    def true_loss(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """The loss that a result is judged by in the end (``true_loss``), else its loss."""
        return result.get("true_loss", self.loss(result, config))

    def status(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """The status of a result."""
        return result["status"]


def as_result(returned: Any) -> dict[str, Any]:
    """What an objective returned, as a result.

    Raises:
        InvalidResultStatus: See :meth:`Domain.evaluate`.
        InvalidLoss: See :meth:`Domain.evaluate`.
        TypeError: When it is neither a number nor a dict.
    """
    if isinstance(returned, numbers.Real):
        return {"loss": float(returned), "status": STATUS_OK}
    if not isinstance(returned, Mapping):
        raise TypeError(f"an objective returns a number, or a dict with 'status' and 'loss', not {returned!r}")
    result = dict(returned)
    if result.get("status") not in STATUS_STRINGS:
        given = result.get("status", "nothing")
        raise InvalidResultStatus(result, f"'status' must be one of {STATUS_STRINGS}, not {given!r}")
    if result["status"] == STATUS_OK:
        try:
            result["loss"] = float(result["loss"])
        except (TypeError, KeyError, ValueError) as error:
            raise InvalidLoss(result, "a result of status 'ok' needs a 'loss' that is a number") from error
    return result
