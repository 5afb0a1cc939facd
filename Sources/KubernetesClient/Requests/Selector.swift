/// Which objects of a resource are meant.
package struct Selector: Sendable, Hashable {
    /// `key=value,other!=value`; empty: all.
    package var labels: String
    /// `metadata.name=x`, `involvedObject.uid=y`; empty: all.
    package var fields: String

    package init(labels: String = "", fields: String = "") {
        self.labels = labels
        self.fields = fields
    }

    var query: [QueryItem] {
        [QueryItem("labelSelector", labels), QueryItem("fieldSelector", fields)].filter { !$0.value.isEmpty }
    }
}
