"""Figures of the register as tables (开放数据) and as pictures: what is counted, how it is drawn, what is handed out."""
