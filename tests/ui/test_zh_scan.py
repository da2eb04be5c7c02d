import re
from pathlib import Path
import pytest
import streamlit as st
from tests.ui.page_words import texts
from heanet.data.labels import load_labels
VIEWS=["排行榜","热图","预测散点图","学习曲线","误差分布","本机运行","标签相关性","已发表的误差","设置","标签审核"]
out=Path('/tmp/zhwords'); out.mkdir(exist_ok=True)
def dump(app,name):
    assert not app.exception, app.exception
    words=[]
    for t in texts(app):
        if re.search(r'[A-Za-z]{2,}',t): words.append(t.replace('\n',' ⏎ '))
    (out/f'{name}.txt').write_text('\n'.join(dict.fromkeys(words)))
def test_simple(open_page):
    for p in ('app.py','pages/1_Structure.py','pages/2_Predict.py'):
        dump(open_page(p,lang='zh'), Path(p).stem)
def test_cells(open_page):
    dump(open_page('pages/1_Structure.py',lang='zh',cell='FeNi_fcc.vasp'),'structure_cell')
    dump(open_page('pages/2_Predict.py',lang='zh',cell=['FeNi_fcc.vasp','again.vasp']),'predict_cells')
@pytest.mark.parametrize('v',VIEWS)
def test_compare(open_page,v,results,labels):
    dump(open_page('pages/3_Compare.py',lang='zh',view=v),'compare_'+v)
@pytest.mark.parametrize('v',["启动","运行","自有数据"])
def test_train(open_page,v,runs,make_published):
    load_labels(make_published(folder='small'))
    dump(open_page('pages/4_Train.py',lang='zh',tab=v),'train_'+v)

def test_runs(open_page,results,runs):
    dump(open_page('pages/3_Compare.py',lang='zh',view='本机运行'),'compare_runs')
