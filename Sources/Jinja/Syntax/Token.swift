/// A token of a template, with Jinja's token names.
struct Token: Equatable {
    enum Kind: Equatable {
        case data(String)
        case variableBegin
        case variableEnd
        case blockBegin
        case blockEnd
        case name(String)
        case string(String)
        case integer(Int)
        case float(Double)
        /// An operator or bracket, as written.
        case op(String)
        case eof
    }

    let kind: Kind
    let line: Int

    /// How Jinja's syntax errors describe the token.
    var described: String {
        switch kind {
        case .data: "template data / text"
        case .variableBegin: "begin of print statement"
        case .variableEnd: "end of print statement"
        case .blockBegin: "begin of statement block"
        case .blockEnd: "end of statement block"
        case .name(let name): name
        case .string: "string"
        case .integer: "integer"
        case .float: "float"
        case .op(let text): text
        case .eof: "end of template"
        }
    }
}
