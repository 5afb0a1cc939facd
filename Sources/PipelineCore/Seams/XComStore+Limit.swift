extension XComStore {
    /// 4 MiB. Airflow leaves the bound to the database (64 KiB on MySQL, 1 GiB on PostgreSQL); XComs are meant for
    /// small values, and the scheduler's memory is bounded by it, but a list of some 10,000 rows still fits.
    package static var maximumXComBytes: Int { 4 << 20 }

    /// The value as compact JSON, as every driver stores it.
    /// - Throws: ``StoreError`` `tooLarge`.
    package static func encodedValue(of xcom: XCom) throws(StoreError) -> [UInt8] {
        let bytes = xcom.value.serializedUTF8()
        guard bytes.count <= maximumXComBytes else {
            throw StoreError(
                .tooLarge,
                """
                XCom \(xcom.key) of \(xcom.task) has \(bytes.count) bytes of JSON, more than the \(maximumXComBytes) \
                that fit; write the data to a file or an object store and return its path
                """)
        }
        return bytes
    }
}
