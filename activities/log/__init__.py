"""The log (登记日志): every entry's hash under one root, signed; what was entered can be neither taken away nor altered unseen."""
