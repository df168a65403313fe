"""`explore plan`: the settings of an axis at a budget, with what they cost and how far that is from the budget."""

import json
import time
from argparse import Namespace
from collections.abc import Sequence

from analysis.recipe import Setting
from search.words import integer, planned
from space.budget import shown
from space.cost import cost
from space.plan import Plan

_OF_TRAINING = ("data", "fidelity", "recipe", "set", "weights", "race")
_OF_MEANS = ("time", "gpus_per_trial", "keep_weights", "storage", "address")
FAR = 0.15  # of the budget: a base farther off is said to be


def run(options: Namespace) -> int:
    """Print the plan, and what its run will train and take if that is asked for."""
    start = time.perf_counter()
    plan = planned(options)
    beside: dict[str, object] = {}
    words: list[str] = [text(plan)]
    trained: Sequence[Setting] = ()
    if options.proxies or options.estimate:
        from search import estimate  # here: a plan alone needs no images and no records
        from search.commands.explore import question
        from search.proxies import proxies_text

        recipe, data, means, folder = question(options, plan)
        if options.proxies:
            trained = recipe.settings
            words.append(proxies_text(recipe))
        if options.estimate:
            found = estimate.asked(recipe, data, means, folder, start)
            beside = {"estimate": estimate.document(found)}
            words.append(estimate.text(found))
    elif any(getattr(options, name) for name in (*_OF_TRAINING, *_OF_MEANS)):
        _refuse_unknown(options)
    integer("--seeds", options.seeds, high=10_000)
    integer("--seed", options.seed, low=0)
    integer("--retries", options.retries, low=0, high=1_000)
    print(json.dumps(document(plan, trained) | beside, indent=1) if options.json else "\n\n".join(words))
    return 0


def _refuse_unknown(options: Namespace) -> None:
    """What its run would refuse."""
    from search.asked import refuse_unknown  # here, too
    from search.commands.explore import asked_seeds
    from search.means import Means

    refuse_unknown(options)
    asked_seeds(options)
    Means.of(options)


def document(plan: Plan, trained: Sequence[Setting] = ()) -> dict[str, object]:
    """The plan as JSON; errors are fractions. `proof` and `left_out` are there where there is something to say.

    `trained`: the same settings with their proxies, where these are to be shown.
    """
    proxies = [dict[str, object](proxy=one.proxy, proxy_macs=one.proxy_macs) for one in trained]
    return {
        "axis": plan.axis[0] if len(plan.axis) == 1 else list(plan.axis),
        "against": plan.against,
        "match": plan.match,
        "budget_macs": plan.budget.macs,
        "base": plan.base_name,
        "base_macs": cost(plan.base).macs,
        "settings": [
            {
                "value": setting.value,
                "setting": setting.name,
                "sentence": str(setting.arch),
                "macs": setting.cost.macs,
                "params": setting.cost.params,
                "budget_error": setting.budget_error,
                "base_error": setting.base_error,
                **({"proof": setting.proof} if setting.proof else {}),
                **proxy,
            }
            for setting, proxy in zip(plan.settings, proxies or [{}] * len(plan.settings), strict=True)
        ],
        **({"left_out": list(plan.left_out)} if plan.left_out else {}),
    }


def text(plan: Plan) -> str:
    """The plan as a table; FLOPs are multiply-adds of convolutions and linear layers."""
    title = (
        f"{' x '.join(plan.axis)} against {plan.against} at {plan.budget}, {plan.match} matching, "
        f"from {plan.base_name} ({shown(cost(plan.base).macs)} at {plan.base.input.resolution} pixels)"
    )
    width = max(len(setting.name) for setting in plan.settings)
    rows = [
        f"{s.name:{width}}  {s.cost.macs:>15,}  {s.cost.params:>13,}  {s.cost.activations:>13,}"
        f"  {s.budget_error:>+10.2%}  {s.base_error:>+9.2%}"
        for s in plan.settings
    ]
    head = f"{'setting':{width}}  {'multiply-adds':>15}  {'params':>13}  {'activations':>13}"
    head += f"  {'off budget':>10}  {'off base':>9}"
    off = cost(plan.base).macs / plan.budget.macs - 1
    notes = [f"The base is {abs(off):.0%} {'above' if off > 0 else 'below'} the budget."] if abs(off) > FAR else []
    notes += [f"{setting.name}: {setting.proof}." for setting in plan.settings if setting.proof]
    notes += [f"Left out, {reason}." for reason in plan.left_out]
    notes += ["The sentences are in --json."]
    return "\n".join((title, "", head, *rows, "", *notes))
