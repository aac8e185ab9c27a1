"""Watching (巡查): is everything in the engine as the register says?"""
