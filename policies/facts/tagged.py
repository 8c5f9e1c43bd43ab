"""What can carry tags or labels, by the SDKs' own schemas."""

from policies.resource import Resource, tag_property


class TaggedFact:
    """A resource that can be tagged or labelled."""

    __slots__ = ("resource",)

    def __init__(self, resource: Resource) -> None:
        """Wrap a resource; nothing is read yet."""
        self.resource = resource

    @classmethod
    def of(cls, resource: Resource) -> "TaggedFact | None":
        """The fact of every taggable type of a cloud."""
        return cls(resource) if tag_property(resource.type) else None
