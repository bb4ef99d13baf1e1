"""Field masks: which part of a resource an Update method replaces."""

from simulators.pubsub.errors import invalid
from simulators.pubsub.wire import Proto, copy_of


def updated(stored: Proto, request: Proto, mask: Proto, mutable: frozenset[str]) -> Proto:
    """A copy of ``stored`` with the mask's fields taken from ``request``.

    A field that is named but not set is reset. Raises Rejected for an empty mask, an unknown
    field, or one that can't be changed once the resource exists.
    """
    if not mask.paths:
        raise invalid("The update_mask must be set, and must contain a non-empty paths list.")
    for path in mask.paths:
        _check(path, stored.DESCRIPTOR, mutable)
    result = copy_of(stored)
    mask.MergeMessage(request, result, replace_message_field=True, replace_repeated_field=True)
    return result


def _check(path: str, resource: Proto, mutable: frozenset[str]) -> None:
    top, *nested = path.split(".")
    descriptor = resource.fields_by_name.get(top)
    for name in nested:
        within = descriptor.message_type if descriptor else None
        descriptor = within.fields_by_name.get(name) if within else None
    if descriptor is None:
        raise invalid(
            f"Invalid update_mask: {path} is no field of {resource.name}. Paths are written "
            "'push_config', not 'pushConfig'."
        )
    if top not in mutable:
        raise invalid(f"Invalid update_mask: {top} of a {resource.name} can't be changed.")
