/// A trigger that watches assets from outside: every event of it is an event of each of the assets. Watchers with the same
/// class and arguments share one. Source: Airflow 3.3 `triggers/base.py` (`BaseEventTrigger`), `models/trigger.py`.
package struct EventTrigger: Sendable, Hashable {
    package var triggerClass: String
    /// Its arguments, each as a serialized DAG has it.
    package var kwargs: JSONValue
    /// The assets that it watches, sorted.
    package var assets: [AssetKey]

    package init(triggerClass: String, kwargs: JSONValue, assets: [AssetKey]) {
        self.triggerClass = triggerClass
        self.kwargs = kwargs
        self.assets = assets
    }

    /// What one trigger is known by.
    package var id: EventTriggerID { EventTriggerID(triggerClass: triggerClass, kwargs: kwargs) }

    /// The event of an asset that an event of the trigger is.
    package static func extra(_ payload: JSONValue) -> JSONValue { ["from_trigger": true, "payload": payload] }
}

/// Class and arguments.
package struct EventTriggerID: Sendable, Hashable {
    package var triggerClass: String
    package var kwargs: JSONValue

    package init(triggerClass: String, kwargs: JSONValue) {
        self.triggerClass = triggerClass
        self.kwargs = kwargs
    }
}
