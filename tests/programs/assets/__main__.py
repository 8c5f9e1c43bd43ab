"""Assets and archives as properties."""
import pulumi


class Site(pulumi.ComponentResource):
    def __init__(self, name):
        props = {
            "page": pulumi.StringAsset("<h1>hello</h1>"),
            "bundle": pulumi.AssetArchive({"index.html": pulumi.StringAsset("hi"), "a/b": pulumi.StringAsset("c")}),
        }
        super().__init__("example:site:Site", name, props)
        self.register_outputs({"page": props["page"]})


Site("site")
