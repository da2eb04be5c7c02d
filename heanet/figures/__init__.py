"""What the pages draw, as pure functions: plotly figures, colours and the 3D scene.

Nothing in here knows Streamlit or a language: words come in as arguments.
"""
